"""service.fraud says how strange a payment is."""

import os

import requests
from flask import Flask, jsonify, request

app = Flask(__name__)
PROFILE = os.environ.get("PROFILE_URL", "http://s-profile.bank:8080")


class Transactions:
    """Asks for what an account did before."""

    def __init__(self, base):
        self.base = base

    def recent(self, account):
        return requests.get(f"{self.base}/recent/{account}", timeout=1).json()


transactions = Transactions("http://s-transaction.bank:8080")


@app.route("/score", methods=["POST"])
def score():
    payment = request.get_json()
    owner = requests.get("http://{}:{}/owner".format("s-account.bank", 8080), timeout=1).json()
    profile = requests.get(PROFILE + "/of/" + owner["id"], timeout=1).json()
    usual = len(transactions.recent(payment["From"]))
    return jsonify(score=0 if profile["old"] and usual > 10 else 50)


if __name__ == "__main__":
    app.run(port=8080)
