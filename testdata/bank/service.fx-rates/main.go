// service.fx-rates knows what currencies are worth.
package main

import (
	"context"
	"log"
	"net"

	"google.golang.org/grpc"

	rates "hazel.example/bank/service.fx-rates/proto"
	ledgerproto "hazel.example/bank/service.ledger/proto"
)

type server struct{}

// Get answers one request, and writes down in the books that it did.
func (server) Get(ctx context.Context, request *rates.Request) (*rates.Rate, error) {
	entry := ledgerproto.Entry{Category: "fx " + request.From + request.To}
	return &rates.Rate{Micros: 1_000_000}, ledgerproto.WriteEntryRequest{Entry: entry}.Send(ctx)
}

func main() {
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer()
	rates.RegisterRatesServer(s, server{})
	log.Fatal(s.Serve(listener))
}
