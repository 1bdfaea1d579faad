// service.payment moves money from one account to another.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"google.golang.org/grpc"

	"hazel.example/bank/libraries/audit"
	"hazel.example/bank/libraries/rpc"
	rates "hazel.example/bank/service.fx-rates/proto"
	ledgerproto "hazel.example/bank/service.ledger/proto"
)

// clients are the services that a payment needs.
type clients struct {
	account, fraud, gateway, notification *rpc.Client
	rates                                 rates.RatesClient
}

type payment struct {
	From, To, Currency string
	Pence              int64
}

func main() {
	// The address comes from the deploy: the scan joins it with the contract that service.fx-rates offers.
	connection, err := grpc.NewClient(os.Getenv("FX_RATES_ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	c := &clients{
		account:      rpc.New("s-account"),
		fraud:        rpc.New("s-fraud"),
		gateway:      rpc.New("s-scheme-gateway"),
		notification: rpc.New("s-notification"),
		rates:        rates.NewRatesClient(connection),
	}
	http.HandleFunc("/pay", c.pay)
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func (c *clients) pay(w http.ResponseWriter, r *http.Request) {
	var p payment
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	steps := []func(context.Context, payment) error{c.check, c.exchange, c.move, c.tell}
	for _, step := range steps {
		if err := step(r.Context(), p); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
}

func (c *clients) check(ctx context.Context, p payment) error {
	if err := c.account.Call(ctx, "/balance", p, &struct{}{}); err != nil {
		return err
	}
	return c.fraud.Call(ctx, "/score", p, &struct{}{})
}

func (c *clients) exchange(ctx context.Context, p payment) error {
	_, err := c.rates.Get(ctx, &rates.Request{From: "GBP", To: p.Currency})
	return err
}

func (c *clients) move(ctx context.Context, p payment) error {
	if err := (ledgerproto.WriteEntryRequest{Entry: ledgerproto.Entry{Pence: p.Pence}}).Send(ctx); err != nil {
		return err
	}
	return c.gateway.Call(ctx, "/send", p, &struct{}{})
}

func (c *clients) tell(ctx context.Context, p payment) error {
	if err := audit.Record(ctx, "payment to "+audit.Redact(p.To)); err != nil {
		return err
	}
	return c.notification.Call(ctx, "/push", p, &struct{}{})
}
