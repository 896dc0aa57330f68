import unittest

from greeting import greet


class GreetingTest(unittest.TestCase):
    def test_greets_by_name(self):
        self.assertEqual(greet("Hello", "world"), "Hello, world!")

    def test_takes_no_notice_of_spaces(self):
        self.assertEqual(greet("Good day", " world\n"), "Good day, world!")

    def test_asks_for_a_name(self):
        with self.assertRaisesRegex(ValueError, "say whom to greet"):
            greet("Hello", " ")


if __name__ == "__main__":
    unittest.main()
