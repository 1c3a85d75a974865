import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { CodeField, codeIn } from "../../ui/code-field";
import { PasswordField } from "../../ui/password-field";
import { SubmitButton } from "../../ui/submit-button";
import { VisuallyHidden } from "../../ui/visually-hidden";
import styles from "./prove-dialog.module.css";

/** With the password, or through a provider. */
export type Proof = { password: string; otp?: string } | { provider: string; otp?: string };

interface ProveFormProps {
  username: string;
  /** Which code is asked besides the password. */
  code: "app" | "recovery" | null;
  /** In the password's place, where the account has none: who vouches. */
  providers: readonly { id: string; name: string }[] | null;
  busy: boolean;
  waiting: boolean;
  onProof: (proof: Proof) => void;
  onCancel: () => void;
}

export function ProveForm({ username, code, providers, busy, waiting, onProof, onCancel }: ProveFormProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const [onPaper, setOnPaper] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    const form = new FormData(event.currentTarget);
    const otp = codeIn(form);
    const first =
      submitter instanceof HTMLButtonElement && submitter.name === "provider"
        ? { provider: submitter.value }
        : { password: String(form.get("password")) };
    onProof({ ...first, ...(otp && { otp }) });
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      {/* For password managers: whose password it is. */}
      <VisuallyHidden aria-hidden="true">
        <input name="username" autoComplete="username" value={username} readOnly tabIndex={-1} />
      </VisuallyHidden>
      {!providers && <PasswordField />}
      {code && <CodeField kind={onPaper ? "recovery" : code} />}
      {code === "app" && (
        <Button look="quiet" className={styles.instead} onClick={() => setOnPaper(!onPaper)}>
          {onPaper ? common("auth.useApp") : common("auth.useRecovery")}
        </Button>
      )}
      <div className={styles.actions}>
        <Button onClick={onCancel}>{common("app.cancel")}</Button>
        {providers?.map(({ id, name }) => (
          <SubmitButton key={id} name="provider" value={id} busy={busy} waiting={waiting}>
            {t("prove.provider", { name })}
          </SubmitButton>
        )) ?? (
          <SubmitButton busy={busy} waiting={waiting}>
            {t("prove.confirm")}
          </SubmitButton>
        )}
      </div>
    </form>
  );
}
