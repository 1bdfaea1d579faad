import express from "express";
import { Client, at } from "./clients";

const customers = new Client(at("s-customer-api"));
const { PROFILE_URL = "http://s-profile.bank:8080" } = process.env;

const app = express();

app.get("/", async (request, response) => {
  const [account, profile, emoji] = await Promise.all([
    customers.get("/account"),
    fetch(`${PROFILE_URL}/me`).then((answer) => answer.json()),
    fetch(`${at("s-emoji")}/emoji?entry=latest`).then((answer) => answer.json()),
  ]);
  response.json({ account, profile, emoji });
});

app.listen(8080);
