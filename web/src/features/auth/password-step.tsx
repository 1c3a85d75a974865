import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { entrance } from "../../api/account";
import { asApiError } from "../../api/api-error";
import type { User } from "../../api/wire";
import { Field } from "../../ui/field";
import { PasswordField } from "../../ui/password-field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SubmitButton } from "../../ui/submit-button";
import { type Halfway, halfwayOf } from "./second-step";

interface PasswordStepProps {
  onIn: (user: User) => void;
  onHalfway: (halfway: Halfway) => void;
}

export function PasswordStep({ onIn, onHalfway }: PasswordStepProps) {
  const { t } = useTranslation();
  const { mutate, isPending, error } = useMutation({
    mutationFn: entrance.logIn,
    onSuccess: ({ user }) => onIn(user),
    onError: (cause, credentials) => {
      const halfway = halfwayOf(asApiError(cause), credentials);
      if (halfway) onHalfway(halfway);
    },
  });
  const waiting = useMustWait(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutate({ username: String(form.get("username")).trim(), password: String(form.get("password")) });
  };
  return (
    <form onSubmit={submit}>
      <Refusal cause={error} />
      <Field
        label={t("auth.nameOrEmail")}
        name="username"
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus
      />
      <PasswordField />
      <SubmitButton busy={isPending} waiting={waiting}>
        {t("auth.signIn")}
      </SubmitButton>
    </form>
  );
}
