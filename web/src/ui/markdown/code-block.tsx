import type { Element } from "hast";
import { useTranslation } from "react-i18next";
import { Button } from "../button";
import { useCopy } from "../use-copy";
import styles from "./code-block.module.css";
import { CodeTokens } from "./code-tokens";
import { nodeText } from "./node-text";

/** A block of code with its language, colours and a button that copies it. */
export function CodeBlock({ node }: { node: Element | undefined }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const code = nodeText(node).replace(/\n$/, "");
  const language = languageOf(node);
  return (
    <figure className={styles.block} aria-label={language ?? t("chat.code")}>
      <figcaption className={styles.bar}>
        <span>{language ?? t("chat.code")}</span>
        <Button
          look="quiet"
          icon={copied ? "check" : "copy"}
          aria-label={copied ? t("chat.copied") : t("chat.copyCode")}
          onClick={() => copy(code)}
        >
          {copied ? t("chat.copied") : t("chat.copy")}
        </Button>
      </figcaption>
      <pre
        className={styles.code}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard
        tabIndex={0}
      >
        <CodeTokens code={code} language={language} />
      </pre>
    </figure>
  );
}

function languageOf(pre: Element | undefined): string | null {
  const code = pre?.children[0];
  const names = code?.type === "element" ? code.properties["className"] : null;
  const name = Array.isArray(names) ? String(names[0] ?? "").replace(/^language-/, "") : "";
  return name || null;
}
