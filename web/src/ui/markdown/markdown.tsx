import { useMemo } from "react";
import remend from "remend";
import { revealBidi } from "../../lib/bidi";
import { splitBlocks } from "../../lib/blocks";
import { Block } from "./block";
import styles from "./markdown.module.css";

interface MarkdownProps {
  text: string;
  /** More text will follow: what is begun (bold, code, a link) is closed for now. */
  growing: boolean;
}

/** Hostile markdown, shown safely: no HTML, no images, only plain links. */
export function Markdown({ text, growing }: MarkdownProps) {
  const blocks = useMemo(() => splitBlocks(revealBidi(text)), [text]);
  return (
    <div className={styles.prose}>
      {blocks.map((block, at) => {
        const last = growing && at === blocks.length - 1;
        // Blocks are only ever added at the end: the place is the identity.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        return <Block key={at} text={last ? remend(block, { linkMode: "text-only" }) : block} />;
      })}
    </div>
  );
}
