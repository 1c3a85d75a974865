import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isErrorCode, useErrorText } from "../../i18n/use-error-text";
import { Notice } from "../../ui/notice";
import { lastEnding } from "./session";
import styles from "./sign-in.module.css";

/** Why one stands at the door again: a provider's refusal, or a session that ended without being asked to. */
export function WhyHere({ fault }: { fault: string | undefined }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useQueryClient();
  const { drafts } = useRouter().options.context;
  const [ending] = useState(() => lastEnding(client));
  if (fault !== undefined) {
    return (
      <div className={styles.why}>
        <Notice>{isErrorCode(fault) ? errorText(fault) : t("auth.providerFailed")}</Notice>
      </div>
    );
  }
  if (!ending || ending === "own") return null;
  return (
    <div className={styles.why} role="status">
      <Notice tone="hint">
        {t(`auth.out.${ending}`)} {drafts.some() && t("auth.out.kept")}
      </Notice>
    </div>
  );
}
