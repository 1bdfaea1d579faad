// edge-proxy.api is what phones and partners talk to: it passes requests on by the first part of their path.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"strings"

	"hazel.example/bank/libraries/rpc"
)

func main() {
	http.Handle("/", &httputil.ReverseProxy{Director: route})
	http.HandleFunc("/session", session)
	log.Fatal(http.ListenAndServe(":8080", nil))
}

// route reads the callee off the request, which no scan can follow; the comment names those there are.
//
// hedgerow: calls service.customer-api, service.partner-api
func route(r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	r.URL.Scheme = "http"
	r.URL.Host = "s-" + name + "-api.bank:8080"
	r.URL.Path = "/" + rest
}

func session(w http.ResponseWriter, r *http.Request) {
	if err := rpc.New("s-auth").Call(r.Context(), "/session", r.Header.Get("Authorization"), &struct{}{}); err != nil {
		http.Error(w, "log in first", http.StatusUnauthorized)
	}
}
