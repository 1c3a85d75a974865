import i18next, { type TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { accountEn } from "./account-en";
import { accountFr } from "./account-fr";
import { auditEn } from "./audit-en";
import { auditFr } from "./audit-fr";
import { withFrenchSpaces } from "./french-spaces";
import { peopleEn } from "./people-en";
import { peopleFr } from "./people-fr";

export type AccountTexts = typeof accountEn & typeof auditEn & typeof peopleEn;
export type AccountText = TFunction<"account">;

/** The words of the account pages, which arrive with the first of them. */
export function useAccountText(): AccountText {
  if (!i18next.hasResourceBundle("en", "account")) {
    i18next.addResourceBundle("en", "account", { ...accountEn, ...auditEn, ...peopleEn });
    i18next.addResourceBundle("fr", "account", withFrenchSpaces({ ...accountFr, ...auditFr, ...peopleFr }));
  }
  return useTranslation("account").t;
}
