/** How the website asks other services. */
export class Client {
  constructor(private base: string) {}

  async get(path: string): Promise<unknown> {
    const answer = await fetch(this.base + path);
    return answer.json();
  }
}

export const at = (service: string): string => `http://${service}.bank:8080`;
