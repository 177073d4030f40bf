package remote

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/ragprune/ragprune/models/remote/inference"
)

type grpcTransport struct {
	conn   *grpc.ClientConn
	client inference.GRPCInferenceServiceClient
}

func newGRPC(a address, trust *tls.Config) (*grpcTransport, error) {
	security := insecure.NewCredentials()
	if a.secure() {
		security = credentials.NewTLS(trust.Clone())
	}
	conn, err := grpc.NewClient(a.host,
		grpc.WithTransportCredentials(security),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithDisableServiceConfig(), grpc.WithNoProxy(),
		// An endpoint that is back is found soon.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: time.Second,
		}),
	)
	if err != nil {
		return nil, err
	}
	return &grpcTransport{conn: conn, client: inference.NewGRPCInferenceServiceClient(conn)}, nil
}

func (t *grpcTransport) ready(ctx context.Context, model string) error {
	server, err := t.client.ServerReady(ctx, &inference.ServerReadyRequest{})
	if err != nil {
		return err
	}
	if !server.GetReady() {
		return errors.New("the server is not ready")
	}
	m, err := t.client.ModelReady(ctx, &inference.ModelReadyRequest{Name: model})
	if err != nil {
		return err
	}
	if !m.GetReady() {
		return fmt.Errorf("the model %s is not ready", model)
	}
	return nil
}

func (t *grpcTransport) ports(ctx context.Context, model string) (inputs, outputs []port, err error) {
	m, err := t.client.ModelMetadata(ctx, &inference.ModelMetadataRequest{Name: model})
	if err != nil {
		return nil, nil, err
	}
	return portsOf(m.GetInputs()), portsOf(m.GetOutputs()), nil
}

func portsOf(tensors []*inference.ModelMetadataResponse_TensorMetadata) []port {
	ports := make([]port, len(tensors))
	for i, t := range tensors {
		ports[i] = port{Name: t.GetName(), Datatype: t.GetDatatype(), Shape: t.GetShape()}
	}
	return ports
}

func (t *grpcTransport) infer(ctx context.Context, g graph, inputs [][]int64) ([][]float32, error) {
	r := &inference.ModelInferRequest{ModelName: g.model}
	for i, values := range inputs {
		r.Inputs = append(r.Inputs, &inference.ModelInferRequest_InferInputTensor{
			Name: g.inputs[i], Datatype: "INT64", Shape: []int64{1, int64(len(values))},
		})
		r.RawInputContents = append(r.RawInputContents, appendInts(nil, values))
	}
	for _, name := range g.outputs {
		r.Outputs = append(r.Outputs, &inference.ModelInferRequest_InferRequestedOutputTensor{Name: name})
	}
	answer, err := t.client.ModelInfer(ctx, r)
	switch code := status.Code(err); code {
	case codes.OK:
		return outputsOf(g, answer)
	case codes.InvalidArgument, codes.OutOfRange:
		return nil, &refusedError{code.String()}
	case codes.Unavailable:
		return nil, err // says why there is no connection
	default:
		// Without the server's words, which may repeat what it was sent.
		return nil, fmt.Errorf("status %v", code)
	}
}

// outputsOf reads the outputs, which are raw or typed.
func outputsOf(g graph, answer *inference.ModelInferResponse) ([][]float32, error) {
	raw := answer.GetRawOutputContents()
	if len(raw) > 0 && len(raw) != len(answer.GetOutputs()) {
		return nil, fmt.Errorf("the answer has %d outputs and the values of %d", len(answer.GetOutputs()), len(raw))
	}
	found := make([][]float32, len(g.outputs))
	for k, o := range answer.GetOutputs() {
		i := slices.Index(g.outputs, o.GetName())
		if i < 0 {
			continue
		}
		if o.GetDatatype() != "FP32" {
			return nil, fmt.Errorf("the output %q: its type is %q, want FP32", o.GetName(), o.GetDatatype())
		}
		values := o.GetContents().GetFp32Contents()
		var err error
		if len(raw) > 0 {
			values, err = floats(raw[k])
		}
		if err == nil {
			err = fits(o.GetShape(), values)
		}
		if err != nil {
			return nil, fmt.Errorf("the output %q: %w", o.GetName(), err)
		}
		found[i] = values
	}
	return found, complete(g, found)
}

func (t *grpcTransport) close() error { return t.conn.Close() }
