import { type ReactNode, useEffect, useRef } from "react";
import styles from "./page-head.module.css";

/** The title of a settings page. It takes the focus, so that those who listen hear where they are. */
export function PageHead({ title, lead, children }: { title: string; lead: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Jarvis`;
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <header className={styles.head}>
      <h1 ref={heading} tabIndex={-1} className={styles.title}>
        {title}
      </h1>
      <p className={styles.lead}>{lead}</p>
      {children}
    </header>
  );
}
