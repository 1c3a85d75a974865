import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import styles from "./auth-card.module.css";
import { LanguageSwitch } from "./language-switch";
import { Orb } from "./orb";

interface AuthCardProps {
  title: string;
  lead?: string | undefined;
  children: ReactNode;
  foot?: ReactNode;
}

/** The frame of the pages that come before the conversations. */
export function AuthCard({ title, lead, children, foot }: AuthCardProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Jarvis`;
  }, [title]);
  useEffect(() => {
    // A form that focused its first field has said where to begin.
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <div className={styles.page}>
      <header className={styles.brand}>
        <Orb size="huge" />
        <p className={styles.name}>{t("app.name")}</p>
        <p className={styles.tagline}>{t("app.tagline")}</p>
      </header>
      <main className={styles.card}>
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          {title}
        </h1>
        {lead && <p className={styles.lead}>{lead}</p>}
        {children}
        {foot && <div className={styles.foot}>{foot}</div>}
      </main>
      <footer>
        <LanguageSwitch />
      </footer>
    </div>
  );
}
