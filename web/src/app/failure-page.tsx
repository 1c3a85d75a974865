import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/api-error";
import { useErrorText } from "../i18n/use-error-text";
import { Button } from "../ui/button";
import { Orb } from "../ui/orb";
import styles from "./plain-page.module.css";

export function FailurePage({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const text = error instanceof ApiError ? errorText(error.code) : t("failure.text");
  return (
    <Plain title={t("failure.title")} text={text}>
      <Button look="primary" icon="retry" onClick={() => location.reload()}>
        {t("failure.reload")}
      </Button>
    </Plain>
  );
}

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Plain title={t("failure.notFoundTitle")} text={t("failure.notFoundText")}>
      <Link to="/">{t("failure.home")}</Link>
    </Plain>
  );
}

function Plain({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Jarvis`;
    heading.current?.focus();
  }, [title]);
  return (
    <main className={styles.page}>
      <Orb size="large" state="offline" />
      <h1 ref={heading} tabIndex={-1} className={styles.title}>
        {title}
      </h1>
      <p className={styles.text}>{text}</p>
      {children}
    </main>
  );
}
