import { useTranslation } from "react-i18next";
import { asApiError } from "../../api/api-error";
import { useFieldText } from "../../i18n/use-error-text";

const FIELDS = ["username", "email", "password"] as const;
type FieldName = (typeof FIELDS)[number];
type Faults = Partial<Record<FieldName | "setup_code", string>>;

/** Puts a refused account's faults beside the fields they are about; `general` is true when there is more to say. */
export function useFieldErrors(cause: unknown): { fields: Faults; general: boolean } {
  const { t } = useTranslation();
  const fieldText = useFieldText();
  if (!cause) return { fields: {}, general: false };
  const error = asApiError(cause);
  const fields: Faults = {};
  for (const name of FIELDS) {
    const code = error.fields.get(name);
    if (code !== undefined) fields[name] = fieldText(code, name);
  }
  if (error.code === "username_taken") fields.username = t("errors.username_taken");
  if (error.code === "setup_code_invalid") fields.setup_code = t("errors.setup_code_invalid");
  if (error.code === "email_taken") fields.email = t("errors.email_taken");
  return { fields, general: Object.keys(fields).length === 0 };
}
