// service.ledger keeps the books.
package main

import (
	"encoding/json"
	"net/http"

	ledgerproto "hazel.example/bank/service.ledger/proto"
)

func main() {
	http.HandleFunc("/entry/read", readEntry)
	_ = http.ListenAndServe(":8080", nil)
}

// readEntry decodes a request of the ledger's own: that is no call.
func readEntry(w http.ResponseWriter, r *http.Request) {
	var request ledgerproto.ReadEntryRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(ledgerproto.Entry{ID: request.ID})
}
