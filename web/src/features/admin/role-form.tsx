import { type FormEvent, useState } from "react";
import type { Role } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { SelectField } from "../../ui/select-field";
import { SubmitButton } from "../../ui/submit-button";
import styles from "./person-dialog.module.css";

interface RoleFormProps {
  role: Role;
  roles: readonly Role[];
  held: boolean;
  onRole: (role: Role) => void;
}

export function RoleForm({ role, roles, held, onRole }: RoleFormProps) {
  const t = useAccountText();
  const [chosen, setChosen] = useState(role);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRole(chosen);
  };
  return (
    <form className={styles.role} onSubmit={submit}>
      <SelectField
        label={t("person.role")}
        hint={t("person.roleHint")}
        options={roles.map((each) => [each, t(`people.role_${each}`)] as const)}
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value as Role)}
      />
      {chosen !== role && <SubmitButton waiting={held}>{t("person.saveRole")}</SubmitButton>}
    </form>
  );
}
