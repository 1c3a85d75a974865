import { useTranslation } from "react-i18next";
import { en } from "./en";

/** A plain sentence for one of the server's error codes. */
export function useErrorText(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => t(`errors.${isKey(en.errors, code) ? code : "other"}`);
}

/** Whether the page has a sentence for it. */
export function isErrorCode(code: string): boolean {
  return isKey(en.errors, code);
}

/** A plain sentence for why an answer failed: the codes of model servers. */
export function useAnswerErrorText(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => t(`answer.${isKey(en.answer, code) ? code : "other"}`);
}

/** A plain sentence for a fault in one field: by the fault's code, else by the field's name. */
export function useFieldText(): (code: string, field: string) => string {
  const { t } = useTranslation();
  return (code, field) => {
    const known = [code, field].find((each) => isKey(en.fields, each));
    return t(`fields.${known !== undefined && isKey(en.fields, known) ? known : "other"}`);
  };
}

function isKey<T extends object>(table: T, key: string): key is keyof T & string {
  return Object.hasOwn(table, key);
}
