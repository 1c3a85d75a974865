import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Provider } from "oidc-provider";
import type { Page } from "playwright-core";

export const CLIENT = { id: "jarvis", secret: "s3cret:of+jarvis" };

/**
 * A real OpenID provider with pages for signing in and consent. It is "localhost" where Jarvis is 127.0.0.1: another
 * site for the browser, as in life, so that cookies which stay at home do stay.
 */
export class IdentityProvider {
  #server: Server | null = null;
  #answer: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  issuer = "";

  /** Takes its port; what Jarvis's address is, it is told later. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => this.#answer?.(request, response));
    this.#server.listen(0, "localhost");
    await once(this.#server, "listening");
    const address = this.#server.address();
    this.issuer = `http://localhost:${typeof address === "object" && address ? address.port : 0}`;
    return this;
  }

  /** Knows everybody by the name that they type, and Jarvis by its address. */
  open(jarvis: string): void {
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [`${jarvis}/auth/oidc/oidc/callback`],
          response_types: ["code"],
          grant_types: ["authorization_code"],
        },
      ],
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      cookies: { keys: ["a key of a story"] },
      findAccount: (_: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, email: `${sub}@corp.example`, email_verified: true }),
      }),
    });
    this.#answer = provider.callback();
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

/** On the provider's own pages: a name and a password that it does not look at. */
export async function nameThere(page: Page, name: string): Promise<void> {
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("anything");
  await page.getByRole("button", { name: "Sign-in" }).click();
}

/** The first time it asks for consent too. */
export async function signInThere(page: Page, name: string): Promise<void> {
  await nameThere(page, name);
  await page.getByRole("button", { name: "Continue" }).click();
}
