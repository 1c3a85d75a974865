import { type ComponentProps, useId } from "react";
import styles from "./field.module.css";

interface SelectFieldProps extends Omit<ComponentProps<"select">, "id"> {
  label: string;
  hint?: string | undefined;
  options: readonly (readonly [value: string, name: string])[];
}

/** A labelled choice of one. Its children, groups of options, come after the options. */
export function SelectField({ label, hint, options, children, ...select }: SelectFieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <div className={styles.box}>
        <select
          {...select}
          id={id}
          className={styles.select}
          aria-describedby={hint ? `${id}-hint` : undefined}
        >
          {options.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
          {children}
        </select>
      </div>
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
