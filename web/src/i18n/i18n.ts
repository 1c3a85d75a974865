import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { AccountTexts } from "./account";
import { en } from "./en";
import { fr } from "./fr";
import { withFrenchSpaces } from "./french-spaces";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en; account: AccountTexts };
  }
}

export const LANGUAGES = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const CHOICE = "jarvis.language";

/** The reader's choice, else the first of the browser's languages that we speak, else English. */
export function preferredLanguage(): Language {
  const wanted = [readChoice(), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find(isLanguage) ?? "en";
}

export function chooseLanguage(language: Language): void {
  try {
    localStorage.setItem(CHOICE, language);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
  void i18next.changeLanguage(language);
}

export async function startTranslation(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: preferredLanguage(),
    fallbackLng: "en",
    resources: { en: { translation: en }, fr: { translation: withFrenchSpaces(fr) } },
    // React escapes what it renders.
    interpolation: { escapeValue: false },
  });
}

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(LANGUAGES, tag);
}

function readChoice(): string | undefined {
  try {
    return localStorage.getItem(CHOICE) ?? undefined;
  } catch {
    return undefined;
  }
}
