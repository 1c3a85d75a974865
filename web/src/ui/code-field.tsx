import { useTranslation } from "react-i18next";
import styles from "./code-field.module.css";
import { Field } from "./field";

interface CodeFieldProps {
  /** Which code: the app's six digits, or one of those kept on paper. */
  kind?: "app" | "recovery";
  error?: string | undefined;
  autoFocus?: boolean;
}

/** A one-time code. Spaces are the server's to ignore: some apps show "123 456". */
export function CodeField({ kind = "app", error, autoFocus = false }: CodeFieldProps) {
  const { t } = useTranslation();
  const isApp = kind === "app";
  return (
    <div className={styles.code}>
      <Field
        key={kind}
        label={isApp ? t("auth.code") : t("auth.recoveryCode")}
        name="otp"
        type="text"
        inputMode={isApp ? "numeric" : "text"}
        autoComplete={isApp ? "one-time-code" : "off"}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
        maxLength={64}
        autoFocus={autoFocus}
        {...(isApp && { pattern: "\\s*([0-9]\\s*){6}" })}
        title={isApp ? t("auth.codeHint") : t("auth.recoveryHint")}
        hint={isApp ? t("auth.codeHint") : t("auth.recoveryHint")}
        error={error}
      />
    </div>
  );
}

/** What was typed, as the server reads it. */
export function codeIn(form: FormData): string {
  return String(form.get("otp") ?? "").replace(/\s+/g, "");
}
