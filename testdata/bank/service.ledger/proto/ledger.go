// Package ledgerproto holds the requests that service.ledger answers.
package ledgerproto

import (
	"context"

	"hazel.example/bank/libraries/rpc"
)

// ReadEntryRequest asks for one entry.
type ReadEntryRequest struct {
	ID string `json:"id"`
}

// Entry is what the ledger keeps.
type Entry struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Pence    int64  `json:"pence"`
}

// Send asks the ledger.
func (r ReadEntryRequest) Send(ctx context.Context) (Entry, error) {
	var entry Entry
	err := rpc.New("s-ledger").Call(ctx, "/entry/read", r, &entry)
	return entry, err
}

// WriteEntryRequest writes one entry.
type WriteEntryRequest struct {
	Entry Entry `json:"entry"`
}

// Send asks the ledger.
func (r WriteEntryRequest) Send(ctx context.Context) error {
	return rpc.New("s-ledger").Call(ctx, "/entry/write", r, &struct{}{})
}
