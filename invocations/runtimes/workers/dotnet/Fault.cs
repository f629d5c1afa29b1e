// Function Compute's error body: the message first, then the type and the stack.

using System;
using System.Collections.Generic;
using System.Reflection;
using System.Text;
using System.Threading;

namespace Serin
{
    /// <summary>A fault of the function that the worker finds.</summary>
    internal sealed class Fault : Exception
    {
        private const int MessageLimit = 64 * 1024;
        private const int StackLimit = 100;

        // Frames that every call has, or that the compiler made for async methods.
        private static readonly string[] Hidden = { "at Serin.", "at System.Runtime.CompilerServices.", "at System.Runtime.ExceptionServices.", "at (wrapper ", "at System.Reflection.RuntimeMethodInfo.Invoke " };

        public Fault(string message, string errorType) : base(message)
        {
            ErrorType = errorType;
        }

        public string ErrorType { get; }

        /// <summary>After these the process cannot go on.</summary>
        public static bool IsFatal(Exception error) => IsMemory(error) || Cause(error) is StackOverflowException || error is ThreadAbortException;

        public static bool IsMemory(Exception error) => Cause(error) is OutOfMemoryException;

        public static byte[] Describe(Exception error)
        {
            error = Cause(error);
            string message = Said(error);
            var fields = new Dictionary<string, object>
            {
                ["errorMessage"] = message.Length > MessageLimit ? message.Substring(0, MessageLimit) : message,
                ["errorType"] = (error as Fault)?.ErrorType ?? error.GetType().FullName,
                ["stackTrace"] = Stack(error),
            };
            return Encoding.UTF8.GetBytes(Json.Write(fields));
        }

        /// <summary>What the function threw, without what reflection and tasks wrap around it.</summary>
        private static Exception Cause(Exception error)
        {
            while (error.InnerException != null && (error is TargetInvocationException || error is AggregateException several && several.InnerExceptions.Count == 1))
                error = error.InnerException;
            return error;
        }

        private static string Said(Exception error)
        {
            try
            {
                return error.Message ?? "";
            }
            catch (Exception)
            {
                return "<unprintable error>";
            }
        }

        private static List<string> Stack(Exception error)
        {
            var lines = new List<string>();
            if (error is Fault)
                return lines;
            foreach (string text in (error.StackTrace ?? "").Split('\n'))
            {
                string line = text.Trim();
                if (line.StartsWith("at ", StringComparison.Ordinal) && !Array.Exists(Hidden, start => line.StartsWith(start, StringComparison.Ordinal)) && lines.Count < StackLimit)
                    lines.Add(line);
            }
            return lines;
        }
    }
}
