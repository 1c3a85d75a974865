import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./name-form.module.css";

interface NameFormProps {
  name: string;
  busy: boolean;
  onName: (name: string) => void;
  onCancel: () => void;
}

/** Another name for a passkey, in its place in the list. */
export function NameForm({ name, busy, onName, onCancel }: NameFormProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onName(String(new FormData(event.currentTarget).get("name")).trim());
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label={t("passkeys.name")}
        name="name"
        autoComplete="off"
        defaultValue={name}
        maxLength={60}
        required
        autoFocus
        onFocus={(event) => event.currentTarget.select()}
        onKeyDown={(event) => event.key === "Escape" && onCancel()}
      />
      <div className={styles.actions}>
        <SubmitButton busy={busy}>{t("passkeys.save")}</SubmitButton>
        <Button onClick={onCancel}>{common("app.cancel")}</Button>
      </div>
    </form>
  );
}
