import { useAccountText } from "../../i18n/account";
import { SelectField } from "../../ui/select-field";
import { GROUPS, kindsIn } from "./kinds";

/** Everything, a group of kinds, or one kind. */
export function KindField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const t = useAccountText();
  return (
    <SelectField
      label={t("audit.what")}
      value={value}
      onChange={(event) => onValue(event.currentTarget.value)}
      options={[
        ["", t("audit.butReading")],
        ["all", t("audit.all")],
      ]}
    >
      {GROUPS.map((group) => (
        <optgroup key={group} label={t(`audit.groups.${group}`)}>
          <option value={group}>{t("audit.whole", { group: t(`audit.groups.${group}`) })}</option>
          {kindsIn(group).map((kind) => (
            <option key={kind} value={kind}>
              {t(`audit.kinds.${kind}`)}
            </option>
          ))}
        </optgroup>
      ))}
    </SelectField>
  );
}
