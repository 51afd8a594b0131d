package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonChecker checks that bytes are one strict JSON value: RFC 8259 in valid UTF-8 without lone surrogates (RFC 7493), no name twice in an object.
type jsonChecker struct {
	dec jsontext.Decoder
	buf bytes.Buffer
}

// check returns why b is not one JSON value, in words for a user.
func (c *jsonChecker) check(b []byte) error {
	c.buf.Reset()
	c.buf.Write(b)
	c.dec.Reset(&c.buf)
	if _, err := c.dec.ReadValue(); err != nil {
		return jsonReason(err, b)
	}
	if _, err := c.dec.ReadToken(); err != io.EOF {
		if err == nil {
			return fmt.Errorf("more stands after the value at byte %d", c.dec.InputOffset())
		}
		return jsonReason(err, b)
	}
	return nil
}

// jsonReason turns the decoder's error into one sentence with the byte where it happened, counted from 0 in the row.
func jsonReason(err error, b []byte) error {
	if err == io.EOF {
		return errors.New("it is empty")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends in the middle of a value after %d bytes", len(b))
	}
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return err
	}
	reason := strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
	if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
		reason = "a name stands twice in an object"
	}
	where := ""
	if p := string(syntax.JSONPointer); p != "" {
		where = " in " + p
	}
	return fmt.Errorf("not valid JSON at byte %d%s: %s", syntax.ByteOffset, where, reason)
}
