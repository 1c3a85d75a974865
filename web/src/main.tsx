import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/fonts.css";
import "./styles/reset.css";
import { App } from "./app/app";
import { startTranslation } from "./i18n/i18n";

const root = document.getElementById("root");
if (root) {
  await startTranslation();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
