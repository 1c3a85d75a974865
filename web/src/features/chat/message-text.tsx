import { lazy, Suspense } from "react";
import styles from "./message-text.module.css";

const load = () => import("../../ui/markdown/markdown");
const Markdown = lazy(() => load().then((module) => ({ default: module.Markdown })));

/** Begins to fetch the renderer, so that it is there with the first message. */
export const preloadMarkdown = () => void load();

export function MessageText({ text, growing }: { text: string; growing: boolean }) {
  return (
    <Suspense fallback={<p className={styles.plain}>{text}</p>}>
      <Markdown text={text} growing={growing} />
    </Suspense>
  );
}
