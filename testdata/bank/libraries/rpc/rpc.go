// Package rpc is how the bank's services talk to each other: HTTP to a service's short name.
package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Port is where every service listens.
const Port = 8080

// Client sends requests to one service.
type Client struct {
	service string
	http    http.Client
}

// New makes a client of the service with this short name.
func New(service string) *Client {
	return &Client{service: service}
}

// Call sends a body and decodes the answer.
func (c *Client) Call(ctx context.Context, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("http://%s.bank:%d%s", c.service, Port, path)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(answer)
}
