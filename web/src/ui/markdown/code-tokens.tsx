import { useCode } from "./use-code";

interface CodeTokensProps {
  code: string;
  language: string | null;
}

/** Code in colours once they are there, plain until then: the text and its size are the same. */
export function CodeTokens({ code, language }: CodeTokensProps) {
  const { lines, rest } = useCode(code, language);
  return (
    <code>
      {lines.map((tokens, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of code is its number
        <span key={line}>
          {tokens.map((token) => (
            <span key={token.offset} style={{ color: token.color }}>
              {token.content}
            </span>
          ))}
          {line < lines.length - 1 && "\n"}
        </span>
      ))}
      {rest}
    </code>
  );
}
