import { useTranslation } from "react-i18next";
import { en } from "./en";

/** A plain sentence for one of the server's error codes. */
export function useErrorText(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => t(`errors.${isKey(en.errors, code) ? code : "other"}`);
}

/** A plain sentence for why an answer failed: the codes of model servers. */
export function useAnswerErrorText(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => t(`answer.${isKey(en.answer, code) ? code : "other"}`);
}

function isKey<T extends object>(table: T, key: string): key is keyof T & string {
  return Object.hasOwn(table, key);
}
