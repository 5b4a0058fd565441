"""Landing: where source files arrive."""
