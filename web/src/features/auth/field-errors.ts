import { useTranslation } from "react-i18next";
import { asApiError } from "../../api/api-error";

const FIELDS = ["username", "email", "password"] as const;
type FieldName = (typeof FIELDS)[number];

/** Puts a refused account's faults beside the fields they are about; `general` is the code of what has no field. */
export function useFieldErrors(cause: unknown): {
  fields: Partial<Record<FieldName | "setup_code", string>>;
  general: string | null;
} {
  const { t } = useTranslation();
  if (!cause) return { fields: {}, general: null };
  const error = asApiError(cause);
  const fields: Partial<Record<FieldName | "setup_code", string>> = {};
  for (const name of FIELDS) if (error.fields.has(name)) fields[name] = t(`fields.${name}`);
  if (error.code === "username_taken") fields.username = t("errors.username_taken");
  if (error.code === "setup_code_invalid") fields.setup_code = t("errors.setup_code_invalid");
  if (error.code === "email_taken") fields.email = t("errors.email_taken");
  return { fields, general: Object.keys(fields).length > 0 ? null : error.code };
}
