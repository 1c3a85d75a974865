import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AuthCard } from "../../ui/auth-card";
import { Field } from "../../ui/field";
import { AccountForm } from "./account-form";
import { inFragment, useFragment } from "./fragment";
import { setupQuery } from "./session";

export function SetupPage() {
  const { t } = useTranslation();
  const { data: setup } = useQuery(setupQuery);
  const code = inFragment(useFragment(), "code");

  if (setup && !setup.setup_required) {
    return (
      <AuthCard title={t("auth.signInTitle")} lead={t("auth.setupDone")}>
        <p>
          <Link to="/sign-in">{t("auth.signIn")}</Link>
        </p>
      </AuthCard>
    );
  }
  return (
    <AuthCard title={t("auth.setupTitle")} lead={t("auth.setupLead")}>
      {code ? (
        <AccountForm submitLabel={t("auth.setupSubmit")} setupCode={code} />
      ) : (
        <AccountForm submitLabel={t("auth.setupSubmit")} before={(error) => <CodeField error={error} />} />
      )}
    </AuthCard>
  );
}

function CodeField({ error }: { error: string | undefined }) {
  const { t } = useTranslation();
  return (
    <Field
      label={t("auth.setupCode")}
      name="setup_code"
      autoComplete="off"
      spellCheck={false}
      required
      autoFocus
      hint={t("auth.setupCodeHint")}
      error={error}
    />
  );
}
