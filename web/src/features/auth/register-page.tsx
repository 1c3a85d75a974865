import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AccountForm } from "./account-form";
import { AuthCard } from "./auth-card";
import { setupQuery } from "./session";

export function RegisterPage() {
  const { t } = useTranslation();
  const { data: setup } = useQuery(setupQuery);
  const closed = setup !== undefined && setup.registration !== "open";
  return (
    <AuthCard
      title={t("auth.registerTitle")}
      lead={t(closed ? "auth.registerClosed" : "auth.registerLead")}
      foot={
        <p>
          {t("auth.haveAccount")} <Link to="/sign-in">{t("auth.signIn")}</Link>
        </p>
      }
    >
      {!closed && <AccountForm submitLabel={t("auth.register")} />}
    </AuthCard>
  );
}
