import { useTranslation } from "react-i18next";
import type { Model } from "../../api/wire";
import { useModelChoice } from "./model-choice";
import styles from "./model-picker.module.css";

/** The platform's own list: it works with every keyboard, screen reader and phone, and is styled where that is possible. */
export function ModelPicker({ conversationId }: { conversationId: string | null }) {
  const { t } = useTranslation();
  const { models, current, pick } = useModelChoice(conversationId);
  if (!models?.items.length) return null;
  const missing = current !== null && !models.items.some((model) => model.id === current);
  return (
    <select
      className={styles.picker}
      aria-label={t("model.label")}
      value={current ?? ""}
      onChange={(event) => pick(event.currentTarget.value)}
    >
      {missing && (
        <option value={current} disabled>
          {t("model.unavailable", { name: current })}
        </option>
      )}
      {models.items.map((model) => (
        <option key={model.id} value={model.id} title={contextOf(model)}>
          {model.name}
        </option>
      ))}
    </select>
  );

  function contextOf({ context_tokens: tokens }: Model): string | undefined {
    return tokens === null ? undefined : t("model.context", { tokens });
  }
}
