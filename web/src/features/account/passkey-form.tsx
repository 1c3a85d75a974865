import { useMutation } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import type { PasskeyMade } from "../../api/account-wire";
import { makePasskey } from "../../api/passkeys";
import { useAccountText } from "../../i18n/account";
import { Field } from "../../ui/field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./prove-dialog.module.css";

const LONGEST_NAME = 60;

interface PasskeyFormProps {
  onMade: (made: PasskeyMade) => void;
  /** Where it is a dialog. */
  cancel?: ReactNode;
}

/** Names a passkey and has the browser make it. */
export function PasskeyForm({ onMade, cancel }: PasskeyFormProps) {
  const t = useAccountText();
  const { mutate, isPending, error } = useMutation({ mutationFn: makePasskey, onSuccess: onMade });
  const waiting = useMustWait(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate(String(new FormData(event.currentTarget).get("name")).trim() || t("passkeys.firstName"));
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      <Refusal cause={error} />
      <Field
        label={t("passkeys.name")}
        name="name"
        autoComplete="off"
        defaultValue={t("passkeys.firstName")}
        maxLength={LONGEST_NAME}
        required
        autoFocus
        onFocus={(event) => event.currentTarget.select()}
      />
      <div className={styles.actions}>
        {cancel}
        <SubmitButton busy={isPending} waiting={waiting}>
          {t("passkeys.add")}
        </SubmitButton>
      </div>
    </form>
  );
}
