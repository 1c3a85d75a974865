import type { Element } from "hast";
import type { ReactNode } from "react";
import { safeLink } from "../../lib/link";
import styles from "./message-link.module.css";
import { nodeText } from "./node-text";

interface MessageLinkProps {
  href: string | undefined;
  node: Element | undefined;
  children: ReactNode;
}

/** A link from a message. Where the words do not say where it leads, the host is put after them. */
export function MessageLink({ href, node, children }: MessageLinkProps) {
  const link = safeLink(href);
  if (!link) return <span>{children}</span>;
  return (
    <a href={link.href} title={link.href} target="_blank" rel="noopener noreferrer">
      {children}
      {!saysWhere(nodeText(node), link.host) && <span className={styles.host}> ({link.host})</span>}
    </a>
  );
}

function saysWhere(words: string, host: string): boolean {
  const text = words.trim();
  const url = text.includes("://") ? text : `https://${text}`;
  return text === host || (URL.canParse(url) && new URL(url).host === host);
}
