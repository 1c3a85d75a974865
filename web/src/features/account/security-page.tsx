import { useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { useAccountText } from "../../i18n/account";
import { PageHead } from "../../ui/page-head";
import { AppSection } from "./app-section";
import { CodesSection } from "./codes-section";
import { DevicesSection } from "./devices-section";
import { IdentitiesSection } from "./identities-section";
import { KeysSection } from "./keys-section";
import { PasskeysSection } from "./passkeys-section";
import { PasswordSection } from "./password-section";
import { ProtectionNow } from "./protection-now";
import { twoFactorQuery } from "./two-factor";

export function SecurityPage() {
  const t = useAccountText();
  const { user } = useRouteContext({ from: "/signed-in" });
  const factors = useQuery(twoFactorQuery);
  return (
    <>
      <PageHead title={t("security.title")} lead={t("security.lead")}>
        <ProtectionNow factors={factors.data} />
      </PageHead>
      <AppSection factors={factors} username={user.username} />
      <PasskeysSection factors={factors} username={user.username} />
      <CodesSection factors={factors} username={user.username} />
      <PasswordSection user={user} factors={factors.data} />
      <DevicesSection />
      <KeysSection role={user.role} />
      <IdentitiesSection />
    </>
  );
}
