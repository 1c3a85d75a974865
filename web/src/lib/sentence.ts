const CODE_BLOCK = /^(`{3,}|~{3,})[^\n]*\n[\s\S]*?(^\1[`~]*\s*$|$(?![\s\S]))/gm;
const MARKS = /[*_`#>|~]+/g;
const END = /[.!?…。！？:](?=\s)|\n/g;

/** What a screen reader should hear of markdown: words, with code named instead of spelt. */
export function speakable(markdown: string, codeWord: string): string {
  return markdown
    .replace(CODE_BLOCK, codeWord)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(MARKS, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Where the last whole sentence of `text` after `from` ends, or `from` when none is whole. Never inside code. */
export function endOfSentence(text: string, from: number): number {
  let end = from;
  for (const match of text.slice(from).matchAll(END)) end = from + match.index + match[0].length;
  const fences = text.slice(0, end).match(/^(`{3,}|~{3,})/gm)?.length ?? 0;
  return fences % 2 === 0 ? end : from;
}
