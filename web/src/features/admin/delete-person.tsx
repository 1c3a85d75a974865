import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { people } from "../../api/account";
import type { Person } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Refusal } from "../../ui/refusal";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./person-dialog.module.css";

interface DeletePersonProps {
  person: Person;
  onDone: () => void;
  onClose: () => void;
}

/** Typing the name is a moment to think. */
export function DeletePerson({ person, onDone, onClose }: DeletePersonProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const [typed, setTyped] = useState("");
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => people.remove(person.id),
    onSuccess: onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <Dialog title={t("person.delete")} onClose={onClose}>
      <p>{t("person.deleteText")}</p>
      <form className={styles.confirm} onSubmit={submit}>
        <Refusal cause={error} />
        <Field
          label={t("person.deleteType", { name: person.username })}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <div className={styles.actions}>
          <Button onClick={onClose}>{common("app.cancel")}</Button>
          <SubmitButton look="danger" busy={isPending} waiting={typed.trim() !== person.username}>
            {t("person.deleteConfirm")}
          </SubmitButton>
        </div>
      </form>
    </Dialog>
  );
}
