import { useTranslation } from "react-i18next";
import { Orb } from "../../ui/orb";
import { CommandLine } from "./command-line";
import { useModels } from "./models";
import styles from "./no-model.module.css";

/** What to do when nothing can answer: what was tried, where, and the commands that help. */
export function NoModel() {
  const { t } = useTranslation();
  const { data } = useModels();
  return (
    <section className={styles.help} aria-labelledby="no-model-title">
      <header className={styles.head}>
        <Orb size="medium" state="offline" />
        <div>
          <h2 id="no-model-title" className={styles.title}>
            {t("noModel.title")}
          </h2>
          <p>{t("noModel.lead")}</p>
        </div>
      </header>
      <ul className={styles.tried}>
        {data?.providers.map((provider) => (
          <li key={provider.id} className={styles.provider} data-status={provider.status}>
            <code>{provider.address}</code>
            <p lang={provider.detail && provider.status === "down" ? "en" : undefined}>
              {provider.status === "up" ? t("noModel.empty") : (provider.detail ?? t("noModel.unanswered"))}
            </p>
          </li>
        ))}
      </ul>
      <div className={styles.ways}>
        <div className={styles.way}>
          <h3 className={styles.wayTitle}>{t("noModel.ollamaTitle")}</h3>
          <p>{t("noModel.ollamaStart")}</p>
          <CommandLine command="ollama serve" />
          <p>{t("noModel.ollamaPull")}</p>
          <CommandLine command="ollama pull llama3.2" />
        </div>
        <div className={styles.way}>
          <h3 className={styles.wayTitle}>{t("noModel.openaiTitle")}</h3>
          <p>{t("noModel.openaiText")}</p>
          <CommandLine command="OPENAI_BASE_URL=http://127.0.0.1:8080/v1 jarvis serve" />
        </div>
      </div>
      <p role="status" className={styles.watching}>
        {t("noModel.watching")}
      </p>
    </section>
  );
}
