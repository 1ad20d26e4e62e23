"""Reading what students made: everything untrusted is reduced here to safe, plain values."""
