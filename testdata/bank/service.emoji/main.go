// service.emoji picks an emoji for a transaction.
package main

import (
	"encoding/json"
	"log"
	"net/http"

	"hazel.example/bank/libraries/audit"
	ledgerproto "hazel.example/bank/service.ledger/proto"
)

var emojis = map[string]string{"groceries": "🥕", "eating out": "🍜", "transport": "🚲"}

func main() {
	http.HandleFunc("/emoji", pick)
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func pick(w http.ResponseWriter, r *http.Request) {
	entry, err := ledgerproto.ReadEntryRequest{ID: r.FormValue("entry")}.Send(r.Context())
	if err != nil {
		// Redact stays in this process; audit.Record would be a call.
		log.Printf("no entry for %s: %v", audit.Redact(r.FormValue("account")), err)
		http.Error(w, "no such entry", http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"emoji": emojis[entry.Category]})
}
