import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../api/api-error";
import { useErrorText } from "../../i18n/use-error-text";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { AuthCard } from "./auth-card";
import { PasswordField } from "./password-field";
import { setupQuery, signIn } from "./session";

export function SignInPage() {
  const { next = "/" } = useSearch({ from: "/sign-in" });
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: setup } = useQuery(setupQuery);
  const { mutate, isPending, error } = useMutation({
    mutationFn: (form: FormData) =>
      signIn(client, String(form.get("username")), String(form.get("password"))),
    onSuccess: () => navigate({ to: next, replace: true }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate(new FormData(event.currentTarget));
  };

  if (setup?.setup_required) {
    return (
      <AuthCard title={t("auth.setupNeededTitle")} lead={t("auth.setupNeeded")}>
        <p>
          <Link to="/setup">{t("auth.setupOpen")}</Link>
        </p>
      </AuthCard>
    );
  }
  const foot =
    setup?.registration === "open" ? (
      <p>
        {t("auth.noAccount")} <Link to="/register">{t("auth.register")}</Link>
      </p>
    ) : null;
  return (
    <AuthCard title={t("auth.signInTitle")} lead={t("auth.signInLead")} foot={foot}>
      <form onSubmit={submit}>
        {error && <Notice>{errorText(asApiError(error).code)}</Notice>}
        <Field
          label={t("auth.nameOrEmail")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
        <PasswordField />
        <Button look="primary" type="submit" disabled={isPending}>
          {isPending ? t("auth.working") : t("auth.signIn")}
        </Button>
      </form>
    </AuthCard>
  );
}
