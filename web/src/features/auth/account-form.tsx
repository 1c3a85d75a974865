import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { PasswordField } from "../../ui/password-field";
import { Refusal, useMustWait } from "../../ui/refusal";
import { SubmitButton } from "../../ui/submit-button";
import { useFieldErrors } from "./field-errors";
import { register } from "./session";

interface AccountFormProps {
  submitLabel: string;
  setupCode?: string | undefined;
  invite?: string | undefined;
  /** Asks for the code when the link did not bring it. */
  before?: (error: string | undefined) => ReactNode;
}

export function AccountForm({ submitLabel, setupCode, invite, before }: AccountFormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (form: FormData) => {
      const read = (name: string) => String(form.get(name) ?? "").trim();
      const code = setupCode ?? read("setup_code");
      return register(client, {
        username: read("username"),
        email: read("email"),
        // A password may begin or end with a space.
        password: String(form.get("password")),
        ...(code && { setup_code: code }),
        ...(invite && { invite }),
      });
    },
    onSuccess: () => navigate({ to: "/", replace: true }),
  });
  const waiting = useMustWait(error);
  const { fields, general } = useFieldErrors(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      {general && <Refusal cause={error} />}
      {setupCode !== undefined && fields.setup_code && <Notice>{fields.setup_code}</Notice>}
      {before?.(fields.setup_code)}
      <Field
        label={t("auth.username")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        pattern="[a-zA-Z0-9_\-]{3,50}"
        required
        autoFocus={!before}
        hint={t("auth.usernameHint")}
        error={fields.username}
      />
      <Field
        label={t("auth.email")}
        name="email"
        type="email"
        autoComplete="email"
        required
        error={fields.email}
      />
      <PasswordField isNew error={fields.password} />
      <SubmitButton busy={isPending} waiting={waiting}>
        {submitLabel}
      </SubmitButton>
    </form>
  );
}
