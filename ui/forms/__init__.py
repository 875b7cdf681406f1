"""Forms made from configuration classes."""
