// Package rates is the contract of service.fx-rates, cut down to what a reader needs.
package rates

import (
	"context"

	"google.golang.org/grpc"
)

// Request asks for the rate of a pair of currencies.
type Request struct{ From, To string }

// Rate is the answer.
type Rate struct{ Micros int64 }

// RatesClient asks for rates.
type RatesClient interface {
	Get(ctx context.Context, in *Request, opts ...grpc.CallOption) (*Rate, error)
}

type ratesClient struct{ cc grpc.ClientConnInterface }

// NewRatesClient makes a client over a connection.
func NewRatesClient(cc grpc.ClientConnInterface) RatesClient { return &ratesClient{cc} }

func (c *ratesClient) Get(ctx context.Context, in *Request, opts ...grpc.CallOption) (*Rate, error) {
	out := new(Rate)
	return out, c.cc.Invoke(ctx, "/hazel.Rates/Get", in, out, opts...)
}

// RatesServer answers.
type RatesServer interface {
	Get(context.Context, *Request) (*Rate, error)
}

// RegisterRatesServer offers the contract.
func RegisterRatesServer(s grpc.ServiceRegistrar, srv RatesServer) { s.RegisterService(&Rates_ServiceDesc, srv) }

// Rates_ServiceDesc describes the contract.
var Rates_ServiceDesc = grpc.ServiceDesc{ServiceName: "hazel.Rates", HandlerType: (*RatesServer)(nil)}
