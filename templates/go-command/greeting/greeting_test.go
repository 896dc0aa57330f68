package greeting

import (
	"errors"
	"testing"
)

func TestGreet(t *testing.T) {
	for _, test := range []struct {
		greeting, name, want string
		err                  error
	}{
		{"Hello", "world", "Hello, world!", nil},
		{"Good day", " world\n", "Good day, world!", nil},
		{"Hello", " ", "", ErrNoName},
	} {
		got, err := Greet(test.greeting, test.name)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Greet(%q, %q) = %q, %v", test.greeting, test.name, got, err)
		}
	}
}
