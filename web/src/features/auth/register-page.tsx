import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AuthCard } from "../../ui/auth-card";
import { AccountForm } from "./account-form";
import { ProviderLinks } from "./provider-links";
import { setupQuery } from "./session";

export function RegisterPage() {
  const { t } = useTranslation();
  const { data: setup } = useQuery(setupQuery);
  const mode = setup?.registration ?? "open";
  const leads = {
    open: t("auth.registerLead"),
    invite: t("auth.registerByInvite"),
    closed: t("auth.registerClosed"),
  };
  return (
    <AuthCard
      title={t("auth.registerTitle")}
      lead={leads[mode]}
      foot={
        <p>
          {t("auth.haveAccount")} <Link to="/sign-in">{t("auth.signIn")}</Link>
        </p>
      }
    >
      {mode === "open" && (
        <>
          <AccountForm submitLabel={t("auth.register")} />
          <ProviderLinks next="/" />
        </>
      )}
    </AuthCard>
  );
}
